"""Building the dashboard with Node, where there is one."""
