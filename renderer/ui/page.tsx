import { X } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { IconButton } from "./button.tsx";
import "./page.css";

export interface PageProps {
  /** The one heading of the page. It takes the focus when the place changes, so that those who hear the page know. */
  readonly title: ReactNode;
  /** Says the same as the title in plain text, for the window's title; needed where `title` is no text. */
  readonly titleText?: string;
  /** A link to the list that the page belongs to. */
  readonly up?: ReactNode;
  /** State and short facts, beside the title. */
  readonly facts?: ReactNode;
  /** Buttons, the one that counts last. */
  readonly actions?: ReactNode;
  /** Links to the places that share the title, below it: see `pageStripClass`. */
  readonly strip?: ReactNode;
  /** Filters and search, below the title. */
  readonly toolbar?: ReactNode;
  /** `list`: the children scroll by themselves. `tabs`: the children are `<PageTabs>`. */
  readonly body?: "scrolls" | "list" | "tabs";
  readonly children: ReactNode;
}

/** The heading of a page that went away had the focus: the page that takes its place, such as the loaded one, goes on with it. */
let headingHadFocus = false;

/** The frame of every screen: title, facts, actions, and what is below. */
export function Page(props: PageProps) {
  const { title, titleText, up, facts, actions, strip, toolbar, body = "scrolls", children } = props;
  const words = titleText ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = words === "" ? "Paperclip Desktop" : `${words} · Paperclip Desktop`;
  }, [words]);
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    const element = heading.current;
    if (headingHadFocus && document.activeElement === document.body) element?.focus({ preventScroll: true });
    headingHadFocus = false;
    return () => {
      headingHadFocus = element !== null && element === document.activeElement;
    };
  }, []);
  return (
    <div className="page">
      <header className="page-head">
        {up ? <div className="page-up">{up}</div> : null}
        <div className="page-title-row">
          {/* Facts that do not fit beside the title go below it, and leave the actions where they are. */}
          <div className="page-name">
            <h1 ref={heading} className="page-title" tabIndex={-1} dir="auto">
              {title}
            </h1>
            {facts ? <div className="page-facts">{facts}</div> : null}
          </div>
          {actions ? <div className="page-actions">{actions}</div> : null}
        </div>
        {strip}
        {toolbar ? <div className="page-toolbar">{toolbar}</div> : null}
      </header>
      {body === "tabs" ? (
        children
      ) : (
        <div className={body === "list" ? "page-body page-body-list" : "page-body"}>{children}</div>
      )}
    </div>
  );
}

/** A strip of links that looks like tabs: the class of its `nav` and of each link. The place that is open has `aria-current`. */
export const pageStripClass = { nav: "page-tab-list page-strip", link: "page-tab" } as const;

/** Sections below each other. */
export function Stack({ children }: { readonly children: ReactNode }) {
  return <div className="page-stack">{children}</div>;
}

export interface SectionProps {
  readonly title: string;
  /** 3 within a pane, whose title is of level 2. */
  readonly level?: 2 | 3;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page under a heading of its own. */
export function Section({ title, level = 2, actions, children }: SectionProps) {
  const id = useId();
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section className="page-section" aria-labelledby={id}>
      <div className="page-section-head">
        <Heading id={id}>{title}</Heading>
        {actions}
      </div>
      {children}
    </section>
  );
}

export interface PageTab<Id extends string> {
  readonly id: Id;
  readonly label: ReactNode;
  readonly content: () => ReactNode;
}

export interface PageTabsProps<Id extends string> {
  /** What the tabs are of. */
  readonly label: string;
  readonly tabs: readonly PageTab<Id>[];
  readonly selected: Id;
  onSelect(id: Id): void;
}

/** The tabs of a detail page; the selected one stands in the address. Only its content is there. */
export function PageTabs<Id extends string>({ label, tabs, selected, onSelect }: PageTabsProps<Id>) {
  return (
    <Tabs className="page-tabs" selectedKey={selected} onSelectionChange={(key) => onSelect(key as Id)}>
      <TabList aria-label={label} className="page-tab-list">
        {tabs.map((tab) => (
          <Tab key={tab.id} id={tab.id} className="page-tab">
            {tab.label}
          </Tab>
        ))}
      </TabList>
      {tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className="page-tab-panel">
          {tab.content()}
        </TabPanel>
      ))}
    </Tabs>
  );
}

export interface SidePaneProps {
  readonly title: ReactNode;
  onClose(): void;
  readonly children: ReactNode;
}

/** A list with, where one is open, a pane beside it. On a narrow page the pane takes the list's place. */
export function Split({ list, pane }: { readonly list: ReactNode; readonly pane: ReactNode | null }) {
  return (
    <div className={pane === null ? "page-split" : "page-split page-split-open"}>
      <div>{list}</div>
      {pane}
    </div>
  );
}

/** Details beside a list that stays in sight. Escape closes it; its heading takes the focus when it opens. */
export function SidePane({ title, onClose, children }: SidePaneProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    // Where it takes the place of its list, it may begin below what is in sight.
    heading.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <aside
      className="page-pane"
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <div className="page-pane-head">
        <h2 ref={heading} id={id} tabIndex={-1}>
          {title}
        </h2>
        <IconButton icon={X} label="Close details" withoutTooltip onPress={onClose} />
      </div>
      <div className="page-pane-body">{children}</div>
    </aside>
  );
}
