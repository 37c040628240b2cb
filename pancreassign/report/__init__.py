"""From the prediction record, and nothing else, to the page that a tumour board reads."""
