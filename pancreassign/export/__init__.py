"""Other faces of the prediction record: tables and AnnData."""
