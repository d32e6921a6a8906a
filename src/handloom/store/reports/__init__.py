"""Reports: pages of prose with live charts and tables of runs."""
