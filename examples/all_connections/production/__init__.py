"""The client's production software: a Django project, deployed once a company."""
