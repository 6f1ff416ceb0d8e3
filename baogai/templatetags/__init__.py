"""What pages are written with: how facts are worded (`words`) and the parts they are shown in (`parts`)."""
