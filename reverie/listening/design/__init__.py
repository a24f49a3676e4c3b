"""What is compared, how it is made to sound alike, and who hears what in which order."""
