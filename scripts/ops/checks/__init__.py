"""What must agree between files. Run by scripts/ops/check, which brings the packages; one module per subject."""
