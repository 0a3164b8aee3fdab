"""The plug-in for Tutor, rendered by Tutor."""
