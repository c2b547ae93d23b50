#include <stdio.h>

int main(void) {
    puts("logchute " CHUTE_VERSION);
    return 0;
}
