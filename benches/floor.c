/* The least that a static program can do: what every hook pays before its first line. */
int main(void) { return 0; }
