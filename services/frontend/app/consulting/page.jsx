export const metadata = { title: "Consulting" };

export default function Consulting() {
  return (
    <>
      <h1>Consulting</h1>
      <p>We look at what you run, and tell you what it could become.</p>
    </>
  );
}
