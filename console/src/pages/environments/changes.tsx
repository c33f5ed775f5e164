import Box from '@cloudscape-design/components/box';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState } from 'react';
import type { ActionCode } from '../../../../shared/audit-event/actions.ts';
import type { FieldChange } from '../../../../shared/query/configuration.ts';
import { displayText } from '../../../../shared/render/display.ts';
import {
  ACCEPTED,
  ANNOUNCED,
  afterText,
  beforeText,
  noteOn,
  RESULT_UNKNOWN,
  resultText,
  statusNotes,
  statusText,
  UNORDERED,
  whatHappened,
} from '../../../../shared/render/history-words.ts';
import { Command } from '../../components/command.tsx';
import type { ListColumn } from '../../components/list-table.tsx';
import { Part } from '../../components/part.tsx';
import { ShortList } from '../../components/short-list.tsx';
import { PageLink } from '../../components/value.tsx';
import { questionCommand } from '../../lib/command-line.ts';
import { type ChangeAnswer, type ChangesAnswer, changeOf, readChanges, type StatusAnswer } from '../../lib/history.ts';
import { environmentPath, eventsHref, parametersOf, type Question } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';
import { counted } from '../../lib/words.ts';
import { placeText } from './place.ts';

interface ChangesProps {
  name: string;
  /** The environment, its place and the times, as the page of events is asked. */
  question: Question;
  /** Only changes of settings with this in their name; empty: all changes. */
  setting: string;
  onSetting(setting: string): void;
  /** The address of the configuration at a time. */
  hrefOfConfiguration(at: string): string;
}

/** The actions that the history is made of. */
const CONFIGURING: readonly ActionCode[] = ['environment.create', 'environment.update', 'environment.delete'];
/** Changes at once. */
const PAGE = 10;

/** Who asked to change the configuration of an environment, newest first, with the values before and after. */
export function Changes({ name, question, setting, onSetting, hrefOfConfiguration }: ChangesProps) {
  const { info } = useSession();
  const [page, setPage] = useState(1);
  const asked = parametersOf(question.filter(([parameter]) => parameter !== 'environment'));
  const answer = useAnswer(environmentPath(name, 'history', asked), readChanges);
  const actions = CONFIGURING.map((action) => ['action', action] as const);
  return (
    <Part
      title="Changes of the configuration"
      actions={<PageLink href={eventsHref(info, [...question, ...actions])}>Show as events</PageLink>}
      toolbar={
        <>
          <Command text={questionCommand(['history'], question, info)} />
          <TextFilter
            filteringText={setting}
            filteringPlaceholder="Find changes of a setting"
            filteringAriaLabel="Find changes of a setting"
            onChange={({ detail }) => onSetting(detail.filteringText)}
          />
        </>
      }
      answer={answer}
    >
      {(histories) => {
        const isPlaceTold = histories.length > 1;
        const all = histories.flatMap((history) => entriesOf(history, setting, isPlaceTold));
        all.sort((a, b) => (a.time < b.time ? 1 : -1));
        const isAnnounced = histories.some(({ status }) => status !== undefined);
        if (all.length === 0) {
          return (
            <Box textAlign="center">
              {setting === ''
                ? 'Nobody asked for a change in this time.'
                : `Nobody asked to change “${displayText(setting)}” in this time.`}
            </Box>
          );
        }
        const pages = Math.ceil(all.length / PAGE);
        const current = Math.min(page, pages);
        return (
          <SpaceBetween size="l">
            {all
              .slice((current - 1) * PAGE, current * PAGE)
              .map((entry) =>
                'change' in entry ? (
                  <ChangeBlock key={entry.id} {...entry} hrefOfConfiguration={hrefOfConfiguration} />
                ) : (
                  <StatusBlock key={entry.id} {...entry} />
                ),
              )}
            {pages > 1 && (
              <Pagination
                currentPageIndex={current}
                pagesCount={pages}
                onChange={({ detail }) => setPage(detail.currentPageIndex)}
                ariaLabels={{ paginationLabel: 'Pages of changes' }}
              />
            )}
            <Box color="text-body-secondary">{isAnnounced ? ANNOUNCED : ACCEPTED}</Box>
          </SpaceBetween>
        );
      }}
    </Part>
  );
}

/** A row of the history. `place`: where, if that is not clear. */
type Entry = { id: string; time: string; place: string | undefined } & (
  | { change: ChangeAnswer; isAnnounced: boolean }
  | { status: StatusAnswer }
);

/** @param setting only changes of settings with this in their name, and no status changes; empty: everything */
function entriesOf(history: ChangesAnswer, setting: string, isPlaceTold: boolean): Entry[] {
  const place = isPlaceTold ? placeText(history) : undefined;
  const isAnnounced = history.status !== undefined;
  const changes = history.changes.flatMap((whole): Entry[] => {
    const change = changeOf(whole, setting);
    if (change === undefined) return [];
    return [{ id: whole.event.eventId, time: whole.event.eventTime ?? '', place, change, isAnnounced }];
  });
  if (setting !== '') return changes;
  return [...changes, ...history.statusChanges.map((status) => ({ id: status.id, time: status.time, place, status }))];
}

/** A status that MWAA announced, and nobody asked for. */
function StatusBlock({ status, place }: Extract<Entry, { status: StatusAnswer }>) {
  const when = useTimes().full(status.time);
  const what = displayText(statusText(status));
  const notes = [...statusNotes(status).map(displayText), ...(place === undefined ? [] : [`In ${place}.`])];
  return (
    <section aria-label={`${when}: ${what}`}>
      <div className="question-row">
        <Box variant="h3">{what}</Box>
        <span>{when}</span>
      </div>
      <Notes notes={notes} />
    </section>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  return notes.map((note) => (
    <Box key={note} color="text-body-secondary">
      {note}
    </Box>
  ));
}

const RESULT_BADGES = { done: 'success', failed: 'error', broken: 'error', running: 'in-progress' } as const;

/** What became of a change that MWAA accepted. */
function ResultBadge({ result }: Pick<ChangeAnswer, 'result'>) {
  const times = useTimes();
  const text = result === undefined ? RESULT_UNKNOWN : resultText(result, times.full);
  return (
    <StatusIndicator type={result === undefined ? 'info' : RESULT_BADGES[result.is]}>
      <span className="words">{sentence(displayText(text))}</span>
    </StatusIndicator>
  );
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

type ChangeBlockProps = Pick<ChangesProps, 'hrefOfConfiguration'> & Extract<Entry, { change: ChangeAnswer }>;

function ChangeBlock({ change, place, isAnnounced, hrefOfConfiguration }: ChangeBlockProps) {
  const { aliases } = useSession();
  const times = useTimes();
  const { event, fields, isUnordered, result } = change;
  const what = displayText(whatHappened(event, { aliases }, result));
  const when = times.full(event.eventTime);
  const notes = [
    ...noteOn(change, 'The record was too big to be stored.'),
    ...(isUnordered ? [UNORDERED] : []),
    ...(event.provisional ? ['It is provisional: no log file has brought it yet.'] : []),
    ...(place === undefined ? [] : [`In ${place}.`]),
  ];
  return (
    <section aria-label={`${when}: ${what}`}>
      <div className="question-row">
        <Box variant="h3">
          {event.outcome === 'ok' ? (
            what
          ) : (
            <StatusIndicator type={event.outcome === 'denied' ? 'warning' : 'error'}>
              <span className="words">{what}</span>
            </StatusIndicator>
          )}
        </Box>
        <PageLink href={hrefOf(['events', event.eventId])}>{when}</PageLink>
        {event.outcome === 'ok' && event.eventTime !== undefined && !isUnordered && (
          <PageLink href={hrefOfConfiguration(event.eventTime)}>Configuration after it</PageLink>
        )}
      </div>
      {isAnnounced && event.outcome === 'ok' && !isUnordered && <ResultBadge result={result} />}
      <Notes notes={notes} />
      {fields.length > 0 && (
        <ShortList
          label={`${counted(fields.length, 'field')} of the change of ${when}`}
          items={fields}
          columns={columnsOf(event)}
          keyOf={({ path }) => path}
          empty=""
        />
      )}
    </section>
  );
}

function columnsOf(event: ChangeAnswer['event']): ListColumn<FieldChange>[] {
  return [
    {
      id: 'path',
      header: 'Setting',
      isRowHeader: true,
      minWidth: 'min(420px, 45vw)',
      value: ({ path }) => displayText(path),
      cell: ({ path }) => <span className="code">{displayText(path)}</span>,
    },
    {
      id: 'before',
      header: 'Before',
      minWidth: 'min(200px, 45vw)',
      value: ({ before }) => displayText(beforeText(before)),
      cell: ({ before }) => (
        <span className={before.is === 'set' ? 'code' : 'quiet'}>{displayText(beforeText(before))}</span>
      ),
    },
    {
      id: 'after',
      header: event.outcome === 'ok' ? 'After' : 'Wanted',
      minWidth: 'min(200px, 45vw)',
      value: (field) => displayText(afterText(field, event)),
      cell: (field) => <After field={field} event={event} />,
    },
  ];
}

function After({ field, event }: { field: FieldChange; event: ChangeAnswer['event'] }) {
  const { before, json, masked } = field;
  const isSame = !masked && before.is === 'set' && before.json === json;
  return (
    <>
      <span className={masked ? 'quiet' : 'code'}>{displayText(afterText(field, event))}</span>
      {isSame && <span className="quiet"> (as before)</span>}
    </>
  );
}
