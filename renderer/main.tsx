import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Gate } from "./app/gate.tsx";
import { createPanelRouter } from "./app/router.tsx";
import { PanelProvider } from "./data/panel-context.tsx";
import { createQueryClient } from "./data/query-client.ts";
import { applyTheme } from "./data/theme.ts";
import { createConnection } from "./data/transport.ts";
import "./ui/tokens.css";
import "./ui/base.css";

applyTheme();
// Before the router: the connection takes the token of the link out of the address.
const connection = createConnection(window);
const router = createPanelRouter();
const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the panel");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <PanelProvider connection={connection}>
        <Gate>
          <RouterProvider router={router} />
        </Gate>
      </PanelProvider>
    </QueryClientProvider>
  </StrictMode>,
);
