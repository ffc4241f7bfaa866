"""What tests stand on: a clock, databases, a mail server, the served program and a browser."""
