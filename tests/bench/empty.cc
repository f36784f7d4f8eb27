// What starting any C++ program costs here: the bound of start-up.
int main() {}
