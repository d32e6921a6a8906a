/** Entry point: load the texts of the user's language and the first page, then render the app. */
import './styles/tokens.css';
import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, firstPage } from './App';
import { startLanguages } from './lib/i18n';

/** Milliseconds that the shell waits for its first page: drawing both at once takes less than one after the other. */
const PATIENCE = 250;

const root = document.getElementById('root');
if (root) {
  const shown = Promise.race([firstPage, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  void Promise.all([startLanguages(), shown]).then(() => {
    // As a transition React draws in short tasks, between which the page answers.
    startTransition(() =>
      createRoot(root).render(
        <StrictMode>
          <App />
        </StrictMode>,
      ),
    );
  });
}
