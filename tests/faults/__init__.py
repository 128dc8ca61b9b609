"""What goes wrong around us: crowds, full disks, pulled plugs."""
