"""Reviews of recordings, and the policies for reviewers."""
