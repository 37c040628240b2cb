"""The cohort page ``cohort.html``: the records of many samples as one file to sort, filter and print."""
