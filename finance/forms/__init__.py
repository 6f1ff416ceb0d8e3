"""What people type about the books; a form says what a field means and hands exact values to a service."""
