"""The FFPE benchmark: which normalisation and which genes keep a score between paraffin and fresh tissue.

    python -m benchmarks.ffpe [DATA] [OUT]      (make bench-ffpe)

One table a question, as TSV, into OUT (default results/bench-ffpe); docs/ffpe.md reads them.
"""
