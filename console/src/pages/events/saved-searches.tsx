import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown, { type ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useRef, useState } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { saveFile } from '../../lib/save-file.ts';
import { exportText, readSearches, useSavedSearches } from '../../lib/saved-searches.ts';

interface SavedSearchesProps {
  /** The parameters of the page now. */
  search: string;
  onOpen(search: string): void;
}

/** A menu of the searches that somebody has saved, and how to save, export and import them. */
export function SavedSearches({ search, onOpen }: SavedSearchesProps) {
  const { searches, add, remove } = useSavedSearches();
  const [naming, setNaming] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const file = useRef<HTMLInputElement>(null);
  const current = searches.find((saved) => saved.search === search);
  const items: ButtonDropdownProps.ItemOrGroup[] = [
    ...(searches.length === 0
      ? []
      : [
          {
            text: 'Saved searches',
            items: searches.map(({ name }) => ({ id: `open:${name}`, text: displayText(name) })),
          },
        ]),
    { id: 'save', text: 'Save this search' },
    ...(current === undefined ? [] : [{ id: 'remove', text: `Remove ${displayText(current.name)}` }]),
    { id: 'export', text: 'Export all to a file', disabled: searches.length === 0 },
    { id: 'import', text: 'Import from a file' },
  ];
  const choose = (id: string) => {
    if (id === 'save') setNaming(current?.name ?? '');
    else if (id === 'remove' && current) remove(current.name);
    else if (id === 'export') saveFile('mwaa-trail-searches.json', [exportText(searches)], 'application/json');
    else if (id === 'import') file.current?.click();
    else onOpen(searches.find(({ name }) => id === `open:${name}`)?.search ?? '');
  };
  const readFile = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    try {
      add(readSearches(await chosen.text()));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : 'The file could not be read.');
    }
  };
  const save = () => {
    const name = (naming ?? '').trim();
    if (name === '') return;
    add([{ name, search }]);
    setNaming(undefined);
  };
  return (
    <>
      <ButtonDropdown items={items} onItemClick={({ detail }) => choose(detail.id)} expandToViewport>
        {current === undefined ? 'Searches' : displayText(current.name)}
      </ButtonDropdown>
      <input
        ref={file}
        type="file"
        accept="application/json,.json"
        hidden
        onChange={({ target }) => {
          void readFile(target.files?.[0]);
          target.value = '';
        }}
      />
      <Modal
        visible={naming !== undefined}
        onDismiss={() => setNaming(undefined)}
        header="Save this search"
        footer={
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={() => setNaming(undefined)}>
                Cancel
              </Button>
              <Button variant="primary" disabled={(naming ?? '').trim() === ''} onClick={save}>
                Save
              </Button>
            </SpaceBetween>
          </Box>
        }
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <FormField
            label="Name"
            description="It is kept in this browser, with its filters and times. A relative time such as the last 7 days stays relative."
          >
            <Input value={naming ?? ''} onChange={({ detail }) => setNaming(detail.value.slice(0, 100))} autoFocus />
          </FormField>
        </form>
      </Modal>
      <Modal visible={problem !== undefined} onDismiss={() => setProblem(undefined)} header="The file was not imported">
        <Alert type="error">{problem}</Alert>
      </Modal>
    </>
  );
}
