"""What is wrong with a hub and its remotes, and what to do about it."""

from exclave.doctor.examine import examine
from exclave.doctor.finding import Finding, Kind, Place, Remedy, Severity, kinds
from exclave.doctor.looks import Progress
from exclave.doctor.report import Report

__all__ = [
    "Finding",
    "Kind",
    "Place",
    "Progress",
    "Remedy",
    "Report",
    "Severity",
    "examine",
    "kinds",
]
