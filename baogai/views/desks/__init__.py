"""The desks: what must I do, by when, why; then the state of what I answer for; then news."""
