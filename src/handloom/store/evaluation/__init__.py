"""What evaluations of traces use: datasets of questions with what is expected, and scorers."""
