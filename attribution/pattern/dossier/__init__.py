"""What a person sees of a decision: dossier, charts, overview, list entry and letter."""
