"""Whether a signature predicts in a group's own models and patients: response, and survival by treatment."""
