"""What a user can type: arguments, output, exit codes. No logic."""
