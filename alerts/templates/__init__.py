"""What people read on each channel. Pure: the body of a message in, a text within the service's limit out."""
