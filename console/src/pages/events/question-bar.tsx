import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo } from 'react';
import { TimeRange } from '../../components/time-range.tsx';
import { criterionOfText, eventIdIn } from '../../lib/bare-text.ts';
import { bareTexts, filteringProperties, labelOf, toQuery, withQuery } from '../../lib/criteria.ts';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { PRESETS, presetOf, withPreset } from './presets.ts';
import { useSuggestions } from './use-suggestions.ts';

interface QuestionBarProps {
  params: URLSearchParams;
  onChange(params: URLSearchParams): void;
  countText: string;
  loading: boolean;
}

/** Where the question is put: presets, time and filters. */
export function QuestionBar({ params, onChange, countText, loading }: QuestionBarProps) {
  const { environment } = useSession().info;
  const properties = useMemo(
    () => filteringProperties(environment === undefined ? [] : ['environment']),
    [environment],
  );
  const suggestions = useSuggestions(params);
  const namesProperty = (text: string) =>
    properties.some(({ propertyLabel }) => {
      const [start, rest] = [text.slice(0, propertyLabel.length), text.slice(propertyLabel.length)];
      return start.toLowerCase() === propertyLabel.toLowerCase() && /^\s*($|!|=)/.test(rest);
    });
  const criterionOf = (text: string) =>
    namesProperty(text) ? undefined : criterionOfText(text, suggestions.filteringOptions ?? []);
  const whatEnterDoes = (text: string) => {
    if (eventIdIn(text) !== undefined) return `Open the event ${text.trim()}`;
    const criterion = criterionOf(text);
    return criterion === undefined ? `Use: "${text}"` : `${labelOf(criterion)} = ${text.trim()}`;
  };
  return (
    <SpaceBetween size="s">
      <div className="question-row">
        <SegmentedControl
          label="Kind of events"
          selectedId={presetOf(params)}
          options={PRESETS.map(({ id, text }) => ({ id, text }))}
          onChange={({ detail }) => onChange(withPreset(params, detail.selectedId))}
        />
        <TimeRange params={params} onChange={onChange} />
      </div>
      <PropertyFilter
        query={toQuery(params)}
        onChange={({ detail }) => {
          const eventId = bareTexts(detail)
            .map(eventIdIn)
            .find((id) => id !== undefined);
          if (eventId === undefined) onChange(withQuery(params, detail, criterionOf));
          else navigate(hrefOf(['events', eventId]));
        }}
        filteringProperties={properties}
        {...suggestions}
        enableTokenGroups
        readOnlyOperations
        freeTextFiltering={FREE_TEXT}
        countText={countText}
        loading={loading}
        expandToViewport
        virtualScroll
        tokenLimit={12}
        filteringAriaLabel="Filter events"
        filteringPlaceholder="Filter by user, action, environment, or paste an address, access key, event ID ..."
        filteringEmpty="No values. Type one, and press Enter."
        i18nStrings={{ ...I18N, enteredTextLabel: whatEnterDoes }}
      />
    </SpaceBetween>
  );
}

const I18N: PropertyFilterProps.I18nStrings = {
  groupPropertiesText: 'Properties',
  groupValuesText: 'Values',
  operatorsText: 'Operators',
  allPropertiesLabel: 'As the value looks',
};

/** Of which property a text is that names none, its form tells. */
const FREE_TEXT: PropertyFilterProps.FreeTextFiltering = { operators: ['='], defaultOperator: '=' };
