import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { nameOf } from '../../../../shared/query/user-aliases.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { ACCEPTED, ANNOUNCED, othersUnknown, settingText } from '../../../../shared/render/history-words.ts';
import { Command } from '../../components/command.tsx';
import { EnvironmentStatus } from '../../components/environment-status.tsx';
import type { ListColumn } from '../../components/list-table.tsx';
import { Part } from '../../components/part.tsx';
import { ShortList } from '../../components/short-list.tsx';
import { TimeChoice } from '../../components/time-choice.tsx';
import { PageLink } from '../../components/value.tsx';
import { questionCommand } from '../../lib/command-line.ts';
import { type ConfigurationAnswer, readConfigurations, type SettingAnswer } from '../../lib/history.ts';
import { environmentPath, parametersOf, type Question } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';
import { placeText } from './place.ts';

interface ConfigurationProps {
  name: string;
  /** Which account and Region, if one is chosen. */
  place: Question;
  /** As the HTTP API takes it; undefined: now. */
  at: string | undefined;
  onChange(at: string | undefined): void;
  /** The address of the changes at all times, or of those that meet a question. */
  hrefOfChanges(question: Question): string;
}

/** What the configuration of an environment was at a time, and which event set each value. */
export function Configuration({ name, place, at, onChange, hrefOfChanges }: ConfigurationProps) {
  const asked = parametersOf([...place, ['at', at ?? '0s']]);
  const answer = useAnswer(environmentPath(name, 'history', asked), readConfigurations);
  const { info } = useSession();
  const times = useTimes();
  const [first] = answer.data ?? [];
  return (
    <Part
      title={at === undefined || first === undefined ? 'Configuration now' : `Configuration at ${times.full(first.at)}`}
      actions={at !== undefined && <PageLink href={hrefOfChanges([['since', at]])}>Changes since then</PageLink>}
      toolbar={
        <>
          <TimeChoice key={at ?? ''} time={at} onChange={onChange} />
          <Command text={questionCommand(['history'], [['environment', name], ...place, ['at', at ?? '0s']], info)} />
        </>
      }
      answer={answer}
    >
      {(configurations) => (
        <SpaceBetween size="m">
          {configurations.length === 0 && (
            <Box>Unknown: until then, the trail has no request that created, updated or deleted this environment.</Box>
          )}
          {configurations.map((configuration) => (
            <Settings key={placeText(configuration)} configuration={configuration} hrefOfChanges={hrefOfChanges} />
          ))}
          {configurations.length > 0 && (
            <Box color="text-body-secondary">
              {configurations.some(({ status }) => status !== undefined) ? ANNOUNCED : ACCEPTED}
            </Box>
          )}
        </SpaceBetween>
      )}
    </Part>
  );
}

function Settings({
  configuration,
  hrefOfChanges,
}: Pick<ConfigurationProps, 'hrefOfChanges'> & { configuration: ConfigurationAnswer }) {
  const { aliases } = useSession();
  const times = useTimes();
  const { settings, complete, deleted, status } = configuration;
  const columns: ListColumn<SettingAnswer>[] = [
    {
      id: 'path',
      header: 'Setting',
      isRowHeader: true,
      minWidth: 'min(420px, 45vw)',
      value: ({ path }) => displayText(path),
      cell: ({ path }) => (
        <span className="code">
          <PageLink href={hrefOfChanges([['setting', path]])}>{displayText(path)}</PageLink>
        </span>
      ),
    },
    {
      id: 'value',
      header: 'Value',
      minWidth: 'min(260px, 45vw)',
      value: (setting) => displayText(settingText(setting)),
      cell: (setting) =>
        setting.masked ? (
          <span className="quiet">masked</span>
        ) : (
          <span className="code">{displayText(settingText(setting))}</span>
        ),
    },
    {
      id: 'time',
      header: times.heading('Set'),
      value: ({ event }) => event.eventTime,
      cell: ({ event }) => (
        <span className="nowrap">
          <PageLink href={hrefOf(['events', event.eventId])}>
            {times.show(event.eventTime)}
            {event.provisional ? ' (provisional)' : ''}
          </PageLink>
        </span>
      ),
    },
    {
      id: 'user',
      header: 'By',
      value: ({ event }) => displayText(nameOf(aliases, event.user ?? '-')),
      cell: ({ event: { user } }) =>
        user === undefined ? (
          '-'
        ) : (
          <PageLink href={hrefOf(['users', user])}>{displayText(nameOf(aliases, user))}</PageLink>
        ),
    },
  ];
  return (
    <section aria-label={placeText(configuration)}>
      <SpaceBetween size="s">
        <Box variant="h3">{placeText(configuration)}</Box>
        {status && <EnvironmentStatus status={status.status} since={status.since} />}
        {deleted && (
          <Box>
            Deleted {times.full(deleted.eventTime)} by {displayText(nameOf(aliases, deleted.user ?? '-'))}:{' '}
            <PageLink href={hrefOf(['events', deleted.eventId])}>the event</PageLink>
          </Box>
        )}
        {!deleted && settings.length > 0 && (
          <ShortList
            label={`Configuration in ${placeText(configuration)}`}
            items={settings}
            columns={columns}
            keyOf={({ path }) => path}
            empty=""
            filterPlaceholder="Find a setting"
            pageSize={50}
          />
        )}
        {!deleted && <Others complete={complete} hasSettings={settings.length > 0} />}
      </SpaceBetween>
    </section>
  );
}

/** What is known of all fields that are not listed. */
function Others({ complete, hasSettings }: { complete: boolean; hasSettings: boolean }) {
  if (complete) return <Box>{hasSettings ? 'No other field was set.' : 'No field was set.'}</Box>;
  return <StatusIndicator type="warning">{othersUnknown(hasSettings)}</StatusIndicator>;
}
