"""mediaframe: dataframes whose rows are media assets. The public names, loaded on first use."""
