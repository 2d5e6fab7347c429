import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Frame } from "./app/frame.tsx";
import { createConnection } from "./transport.ts";
import "./ui/tokens.css";
import "./ui/base.css";
import "./app/frame.css";

const connection = createConnection(window);
const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the panel");
createRoot(root).render(
  <StrictMode>
    <Frame connection={connection} />
  </StrictMode>,
);
