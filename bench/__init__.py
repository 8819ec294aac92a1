"""Speed, measured by ``linli bench``; never a timed test."""
