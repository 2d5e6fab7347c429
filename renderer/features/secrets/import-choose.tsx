import { useInfiniteQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { ProviderVaultRecord, RemoteSecret } from "../../../preload/contract/providers.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Checkbox, SearchField } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { conflictWord, isChoosable, MOST_ROWS } from "./import-words.ts";
import type { ImportChoice } from "./import-words.ts";
import { counted } from "./secret-words.ts";
import { useSearchText } from "./use-search-text.ts";

/** Remote secrets that are asked for at a time. */
const PAGE_ROWS = 50;

export interface ImportChooseProps {
  readonly vault: ProviderVaultRecord;
  readonly choices: readonly ImportChoice[];
  onChoices(choices: readonly ImportChoice[]): void;
  onReview(): void;
}

/** What a vault holds, page by page, to choose from. No value is read. */
export function ImportChoose({ vault, choices, onChoices, onReview }: ImportChooseProps) {
  const company = useCompany();
  const [text, setText] = useState("");
  const [typed, setTyped] = useSearchText(text, setText);
  const listed = useInfiniteQuery(
    useQueries().providerVaults.remoteSecrets.infiniteOptions({
      input: (cursor: string | undefined) => ({
        company: company.id,
        vault: vault.id,
        limit: PAGE_ROWS,
        ...(text.trim() === "" ? {} : { text: text.trim() }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
      // What was imported in between shows when the list is opened again.
      gcTime: 0,
    }),
  );
  const rows = listed.data?.pages.flatMap(({ secrets }) => secrets) ?? [];
  const chosen = new Set(choices.map(({ remote }) => remote.externalRef));
  const open = rows.filter((row) => row.conflict === null && !chosen.has(row.externalRef));
  const room = MOST_ROWS - choices.length;
  const toggle = (remote: RemoteSecret, isChosen: boolean) =>
    onChoices(
      isChosen
        ? [...choices, { remote, key: remote.key, name: remote.name }]
        : choices.filter((one) => one.remote.externalRef !== remote.externalRef),
    );
  const failure = listed.error === null ? null : failureOf(listed.error);
  return (
    <>
      <div className="import-screen-bar">
        <SearchField
          label="Names that begin with"
          placeholder="Names that begin with"
          maxLength={200}
          value={typed}
          onChange={setTyped}
        />
        <Button
          isDisabled={open.length === 0 || room === 0}
          onPress={() =>
            onChoices([
              ...choices,
              ...open.slice(0, room).map((remote) => ({ remote, key: remote.key, name: remote.name })),
            ])
          }
        >
          Choose all shown
        </Button>
        <Button isDisabled={choices.length === 0} onPress={() => onChoices([])}>
          Choose none
        </Button>
        <Button variant="primary" isDisabled={choices.length === 0} onPress={onReview}>
          Review {counted(choices.length, "secret")}
        </Button>
      </div>
      <p className="quiet small" role="status">
        {room === 0 ? `${MOST_ROWS} are chosen, which is the most for one import. ` : ""}
        Only names are read. A value is read when a run needs it.
      </p>
      {listed.isPending ? <SkeletonRows rows={8} label={`Asking ${vault.name}`} /> : null}
      {rows.length === 0 ? null : (
        <ul className="import-screen-list" aria-label={`Secrets of ${vault.name}`}>
          {rows.map((row) => (
            <Choice
              key={row.externalRef}
              row={row}
              isChosen={chosen.has(row.externalRef)}
              isFull={room === 0}
              onChange={(isChosen) => toggle(row, isChosen)}
            />
          ))}
        </ul>
      )}
      {listed.isSuccess && rows.length === 0 ? (
        <p className="quiet">
          {text.trim() === "" ? "Nothing is kept there." : "No secret there has a name that begins so."}
        </p>
      ) : null}
      {failure === null ? null : (
        <FailureNotice
          failure={failure}
          what={rows.length === 0 ? "The secrets at the provider were not listed" : "The next ones were not listed"}
          onRetry={() => void (listed.isFetchNextPageError ? listed.fetchNextPage() : listed.refetch())}
        />
      )}
      {listed.hasNextPage && failure === null ? (
        <div>
          <Button isPending={listed.isFetchingNextPage} onPress={() => void listed.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
    </>
  );
}

interface ChoiceProps {
  readonly row: RemoteSecret;
  readonly isChosen: boolean;
  /** No further one can be chosen. */
  readonly isFull: boolean;
  onChange(isChosen: boolean): void;
}

function Choice({ row, isChosen, isFull, onChange }: ChoiceProps) {
  const detail = useId();
  return (
    <li className="import-screen-row">
      <Checkbox
        isSelected={isChosen}
        isDisabled={!isChosen && (isFull || !isChoosable(row))}
        aria-describedby={detail}
        onChange={onChange}
      >
        <code className="import-screen-name">{row.name}</code>
      </Checkbox>
      <div id={detail} className="import-screen-detail">
        {row.conflict === null ? (
          <span>
            becomes <code>{row.key}</code>
          </span>
        ) : (
          <>
            <Mark state={isChoosable(row) ? "warn" : "off"}>{conflictWord(row.conflict)}</Mark>
            <span>{row.reason}</span>
          </>
        )}
        {row.changedAt === null ? null : (
          <span>
            changed <Time instant={row.changedAt} />
          </span>
        )}
      </div>
    </li>
  );
}
