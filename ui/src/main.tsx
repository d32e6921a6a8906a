/** Starts the pages, once the texts of the person's language are there. */
import './styles/tokens.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { startLanguages } from './lib/i18n';

const root = document.getElementById('root');
if (root) {
  void startLanguages().then(() => {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  });
}
