"""REST resources of the app, below `/api/edx_proctoring/v2/courses/{course_id}/`."""
