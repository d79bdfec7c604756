/**
 * Rows of cells as lines with the columns aligned and no blanks at the end. A cell longer than `limit` widens no column: it pushes its own line only.
 * Columns that are empty in every row take no room.
 */
export function alignColumns(rows: readonly (readonly string[])[], limit: number): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [column, { length }] of row.entries()) if (length <= limit) widths[column] = Math.max(widths[column] ?? 0, length);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((cell) => cell !== "")
      .join(" ")
      .trimEnd(),
  );
}
