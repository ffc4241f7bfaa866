"""Contacts from a file: handed in, looked at, run as a job."""
