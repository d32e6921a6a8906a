export default function WorkspacesPage() {
  return null;
}
