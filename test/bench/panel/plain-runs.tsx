import { createRoot } from "react-dom/client";

/** The peer of the runs screen: a plain table of the same columns, all of its rows in the page, and its data at hand. */
const ROWS = 10_000;

const rows = Array.from({ length: ROWS }, (_, index) => ({
  id: String(index),
  status: index % 20 === 0 ? "failed" : "succeeded",
  title: `Quick ${index}`,
  why: index % 20 === 0 ? "The process ended with exit code 1." : "",
  source: "manual",
  trigger: null,
  agent: "Quick",
  revision: 1,
  attempts: 1,
  took: "1.2 s",
  started: new Date(Date.UTC(2026, 2, 8) - index * 30_000).toISOString(),
}));

const titles = ["State", "Run of", "Why", "Source", "Agent", "Revision", "Attempts", "Took", "Started"];

const place = document.getElementById("root");
if (place !== null) createRoot(place).render(<PlainRuns />);

function PlainRuns() {
  return (
    <table>
      <thead>
        <tr>
          {titles.map((title) => (
            <th key={title}>{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td>{row.status}</td>
            <td>
              <a href={`#/runs/${row.id}`}>{row.title}</a>
            </td>
            <td>{row.why}</td>
            <td>{row.source}</td>
            <td>{row.agent}</td>
            <td>{row.revision}</td>
            <td>{row.attempts}</td>
            <td>{row.took}</td>
            <td>
              <time dateTime={row.started}>{row.started}</time>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
