"""A notebook that merges into a Delta table and renames it, for both engines."""

MERGING = """
from delta.tables import DeltaTable
VALUES = "SELECT * FROM VALUES (1, 'a', 1.5), (2, 'b', 2.5), (3, 'c', null) AS t(Id, name, price)"
CHANGES = "SELECT * FROM VALUES (2, 'B', 9.5), (4, 'd', 4.5), (5, 'e', null) AS t(Id, name, price)"
spark.sql("CREATE OR REPLACE TABLE stock AS " + VALUES)
spark.sql("CREATE OR REPLACE TEMPORARY VIEW changes AS " + CHANGES)
def rows(): print([tuple(map(str, row)) for row in spark.sql("SELECT * FROM stock ORDER BY id").collect()])
def merge(source, rest): spark.sql(f"MERGE INTO dbo.stock USING ({source}) AS s ON dbo.stock.id = s.id WHEN {rest}")
spark.sql('''
    MERGE INTO dbo.stock AS t USING changes s ON t.id = s.id
    WHEN MATCHED AND s.price > 5
        THEN UPDATE SET t.name = concat(s.name, CASE WHEN t.price > 2 THEN '!' END), price = s.price
    WHEN MATCHED THEN DELETE
    WHEN NOT MATCHED AND price IS NOT NULL THEN INSERT (name, id) VALUES (upper(name), id)
    WHEN NOT MATCHED BY SOURCE AND t.price IS NULL THEN DELETE''')
rows()
merge("SELECT id, 'x' AS name, 0.5 AS price FROM range(3, 7)", "NOT MATCHED THEN INSERT *")
rows()
new = spark.table("changes").where("id <> 5")
(DeltaTable.forName(spark, "stock").alias("t").merge(new.alias("s"), "t.id = s.id")
    .whenMatchedUpdateAll().whenNotMatchedInsertAll()
    .whenNotMatchedBySourceUpdate(set={"price": "t.price + 1"}).execute())
rows()
try:
    merge("SELECT 2 AS id UNION ALL SELECT 2", "MATCHED THEN UPDATE SET name = 'two'")
except Exception as error:
    print("MERGE" in str(error))
merge("SELECT 2 AS id UNION ALL SELECT 2", "MATCHED THEN DELETE")
rows()
spark.sql("ALTER TABLE stock RENAME TO goods")
print(spark.catalog.tableExists("stock"), spark.table("goods").count(), spark.sql("DESCRIBE HISTORY goods").count() > 4)
"""
