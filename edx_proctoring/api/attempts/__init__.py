"""Read and change attempts, and the data of the pages that show them."""
