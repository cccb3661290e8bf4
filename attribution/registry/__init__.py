"""Reading registries' answers: bytes in, registrations out. Pure; nothing here asks anybody."""
