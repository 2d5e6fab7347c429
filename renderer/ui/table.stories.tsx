import type { Meta, StoryObj } from "@storybook/react-vite";
import { Mark } from "./mark.tsx";
import { Table } from "./table.tsx";
import type { Column, TableProps } from "./table.tsx";

export default { title: "Parts/Table" } satisfies Meta;

interface Row {
  readonly id: string;
  readonly name: string;
}

const rowAt = (index: number): Row => ({ id: `row-${index}`, name: `Routine ${index + 1}` });
const columns: readonly Column<Row>[] = [
  {
    id: "name",
    title: "Name",
    width: "minmax(10rem, 2fr)",
    cell: ({ id, name }) => (
      <a className="table-link truncate" href={`#${id}`}>
        {name}
      </a>
    ),
  },
  { id: "state", title: "State", width: "8rem", cell: () => <Mark state="active" /> },
  { id: "runs", title: "Runs", width: "6rem", align: "end", rank: 2, cell: () => "42" },
];

const table = (props: Partial<TableProps<Row>> & { readonly count: number }): StoryObj => ({
  render: () => (
    <div style={{ height: "24rem", display: "grid" }}>
      <Table label="Routines" columns={columns} row={rowAt} rowId={({ id }) => id} {...props} />
    </div>
  ),
});

export const One = table({ count: 1 });
export const Few = table({ count: 5 });
export const Many = table({ count: 100_000 });
export const Selected = table({ count: 5, selectedId: "row-2" });
export const RowsLoading = table({ count: 40, hasMore: true, row: (index) => (index < 4 ? rowAt(index) : undefined) });
export const LongNames = table({
  count: 3,
  row: (index) => ({
    id: `row-${index}`,
    name: index === 1 ? "סיכום לילה".repeat(30) : "name-without-an-end-".repeat(20),
  }),
});
export const MovedByKeys: StoryObj = {
  ...table({ count: 1_000 }),
  play: async ({ canvas, userEvent }) => {
    (await canvas.findByRole("link", { name: "Routine 1" })).focus();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
  },
};
