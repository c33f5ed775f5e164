import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo } from 'react';
import { TimeRange } from '../../components/time-range.tsx';
import { filteringProperties, toQuery, withQuery } from '../../lib/criteria.ts';
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
        onChange={({ detail }) => onChange(withQuery(params, detail))}
        filteringProperties={properties}
        {...suggestions}
        enableTokenGroups
        readOnlyOperations
        disableFreeTextFiltering
        countText={countText}
        loading={loading}
        expandToViewport
        virtualScroll
        tokenLimit={12}
        filteringAriaLabel="Filter events"
        filteringPlaceholder="Filter by user, action, environment ..."
        filteringEmpty="No values. Type one, and press Enter."
        i18nStrings={I18N}
      />
    </SpaceBetween>
  );
}

const I18N: PropertyFilterProps.I18nStrings = {
  groupPropertiesText: 'Properties',
  groupValuesText: 'Values',
  operatorsText: 'Operators',
  enteredTextLabel: (text) => `Use: "${text}"`,
};
