SELECT server FROM exclave.member
