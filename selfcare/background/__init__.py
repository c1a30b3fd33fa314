"""Work that is done later: wishes, jobs, workers."""
