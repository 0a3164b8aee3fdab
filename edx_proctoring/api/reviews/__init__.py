"""Reviews of recordings, and the policies that reviewers follow."""
