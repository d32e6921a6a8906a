"""Numbers as Apache Spark calculates them: types of operands, overflow, digits of decimals, unions."""
