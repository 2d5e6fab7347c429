import { Link, useRouter } from "@tanstack/react-router";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Button, buttonClass } from "../ui/button.tsx";
import { EmptyState, Notice } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";

/** A place that the panel does not have. */
export function NotFound() {
  return (
    <Page title="Not found">
      <EmptyState
        icon={Compass}
        title="There is nothing at this place"
        action={
          <Link to="/" className={buttonClass("primary")}>
            Go to Home
          </Link>
        }
      >
        The address may be from another version, or was typed with a slip.
      </EmptyState>
    </Page>
  );
}

/** A screen that broke in a way nobody foresaw. Everything else of the panel goes on. */
export function ScreenFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page title="This screen failed">
      <Notice
        tone="bad"
        title="The screen could not be shown."
        next="Nothing was changed by this. Try again; if it comes back, go to another screen and report the text below."
        actions={
          <Button
            onPress={() => {
              reset();
              void router.invalidate();
            }}
          >
            Try again
          </Button>
        }
      >
        <code>{error instanceof Error ? error.message : String(error)}</code>
      </Notice>
    </Page>
  );
}
