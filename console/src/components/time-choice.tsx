import Button from '@cloudscape-design/components/button';
import DatePicker from '@cloudscape-design/components/date-picker';
import FormField from '@cloudscape-design/components/form-field';
import TimeInput from '@cloudscape-design/components/time-input';
import { useState } from 'react';
import { readTime } from '../../../shared/query/time.ts';
import { usePreferences } from '../lib/preferences.tsx';
import { wallTime } from '../lib/wall-time.ts';
import './time-choice.css';

interface TimeChoiceProps {
  /** A time as the HTTP API takes it; undefined: now. */
  time: string | undefined;
  /** Gets ISO 8601 in UTC; undefined: now. */
  onChange(time: string | undefined): void;
}

/** Chooses one time, to the second, in the zone of the page. */
export function TimeChoice({ time, onChange }: TimeChoiceProps) {
  const { zone } = usePreferences();
  const [date, clock] = wallTime(time ?? '0s', Date.now(), zone) ?? ['', ''];
  const [typed, setTyped] = useState({ date, clock });
  const wanted = readTime(`${typed.date} ${typed.clock || '00:00:00'}`, Date.now(), zone);
  return (
    <form
      className="time-choice"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== undefined) onChange(wanted);
      }}
    >
      <FormField label="Date">
        <DatePicker
          value={typed.date}
          onChange={({ detail }) => setTyped({ ...typed, date: detail.value })}
          placeholder="YYYY/MM/DD"
          expandToViewport
          openCalendarAriaLabel={(selected) => `Choose the date${selected === null ? '' : `; chosen: ${selected}`}`}
        />
      </FormField>
      <FormField label={`Time (${zone})`}>
        <TimeInput
          value={typed.clock}
          format="hh:mm:ss"
          placeholder="hh:mm:ss"
          onChange={({ detail }) => setTyped({ ...typed, clock: detail.value })}
        />
      </FormField>
      <Button formAction="submit" disabled={wanted === undefined}>
        Show
      </Button>
      <Button
        formAction="none"
        variant="link"
        disabled={time === undefined}
        onClick={() => {
          onChange(undefined);
        }}
      >
        Now
      </Button>
    </form>
  );
}
